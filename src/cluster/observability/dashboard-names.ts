/** What there is to look at in a cluster with the observability addon. */
export const dashboardNames = ['kiali', 'jaeger', 'prometheus'] as const;

/** One of {@link dashboardNames}. */
export type DashboardName = (typeof dashboardNames)[number];
