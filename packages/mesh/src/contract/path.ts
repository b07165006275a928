/** `/internal/stock/:productId` → `["productId"]` */
export function pathParams(template: string): string[] {
  return [...template.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");
}

export function fillPath(template: string, input: Record<string, unknown>): string {
  return template.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(input[name])));
}

/** `/v1/orders/:id` → `/v1/orders/{id}`, the way OpenAPI writes it. */
export function openApiPath(template: string): string {
  return template.replaceAll(/:(\w+)/g, "{$1}");
}
