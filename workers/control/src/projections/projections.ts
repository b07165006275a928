import type { views } from "@shop/views/contract";
import { type Mesh, MeshError } from "@weft/mesh";

/** The services with projections. */
type Projecting = Mesh<{ views: typeof views }>;
interface Name {
  service: string;
  name: string;
}

const SERVICES: readonly (keyof Projecting)[] = ["views"];

export async function listProjections(mesh: Projecting) {
  const reports = await Promise.all(
    SERVICES.map(async (service) => {
      const { items } = await mesh[service].listProjections({});
      return items.map((report) => ({ ...report, service }));
    }),
  );
  return { items: reports.flat() };
}

export async function rebuildProjection(mesh: Projecting, { service, name }: Name) {
  return { ...(await serviceOf(mesh, service).rebuildProjection({ name })), service };
}

export async function cancelRebuild(mesh: Projecting, { service, name }: Name) {
  return { ...(await serviceOf(mesh, service).cancelRebuild({ name })), service };
}

function serviceOf(mesh: Projecting, service: string) {
  const found = SERVICES.find((name) => name === service);
  if (found) return mesh[found];
  throw new MeshError("PROJECTION_NOT_FOUND", {
    status: 404,
    title: "There is no such projection",
    detail: `"${service}" has none. There are some in: ${SERVICES.join(", ")}.`,
  });
}
