import { CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([
  CustomChart,
  LineChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  TitleComponent,
  SVGRenderer,
]);

// A phone's width: there charts show at their own size, so that their text stays readable.
const widthPx = 360;
const heightPx = 320;
/** Colours of curves: apart also in print and for most colour-blind readers. */
export const colours = ['#1f5fbf', '#c2410c', '#15803d', '#7c3aed'];
/** Colour of text and axes. */
export const ink = '#1f2937';

/** A chart as SVG text without fixed size: it fills the width of what it is put into. */
export function draw(option: EChartsCoreOption): string {
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: widthPx,
    height: heightPx,
  });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'sans-serif' }, ...option });
    const svg = chart.renderToSVGString({ useViewBox: true });
    return svg.replace('<svg ', '<svg role="img" ');
  } finally {
    chart.dispose();
  }
}

/** What all axes share. */
export const axisBase = {
  nameLocation: 'middle' as const,
  axisLine: { show: true, onZero: false, lineStyle: { color: ink } },
  nameTextStyle: { color: ink },
  axisLabel: { color: ink },
};

/** Title, legend and margins. */
export function frame(title: string, legend: string[]): EChartsCoreOption {
  return {
    title: { text: title, left: 8, top: 4, textStyle: { fontSize: 14, color: ink } },
    legend: {
      data: legend,
      bottom: 0,
      textStyle: { color: ink, fontSize: 11 },
      itemWidth: 18,
      itemGap: 16,
    },
    grid: { left: 56, right: 14, top: 40, bottom: 96 },
  };
}
