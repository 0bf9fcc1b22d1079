/** An image's name without its digest, as Docker lists it: `docker.io/prom/prometheus:v3@sha256:…` is `prom/prometheus:v3`. */
export function imageName(image: string): string {
  const [name = image] = image.split('@');
  return name.replace(/^docker\.io\/(?:library\/)?/, '');
}
