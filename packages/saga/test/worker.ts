import { header, problemResponse, toMeshError, type Transport } from "@weft/mesh";
import { coordinator } from "../src/coordinator.ts";
import { journey } from "../src/testing/conformance/journey.ts";
import { things, trip } from "../src/testing/definition.ts";
import { type Script, World } from "../src/testing/world.ts";
import { sagaWorkflow } from "../src/workflows/saga-workflow.ts";

/** The participants of each saga, by its id. */
const worlds = new Map<string, World>();
export const requests: Request[] = [];

export function worldOf(sagaId: string, script: Script = () => "ok"): World {
  const world = worlds.get(sagaId) ?? new World(script);
  worlds.set(sagaId, world);
  return world;
}

const participant: Transport = {
  async fetch(request) {
    requests.push(request);
    const { headers, url } = request;
    const phase = new URL(url).pathname === things.operations.unmake.path ? "undo" : "do";
    try {
      const name = headers.get(header.step) ?? "";
      return Response.json(
        worldOf(headers.get(header.saga) ?? "").handle({ name }, phase, Number(headers.get(header.attempt))),
      );
    } catch (error) {
      return problemResponse(toMeshError(error), "none");
    }
  },
};

const options = { service: "trips", definitions: [trip, journey], connect: () => participant };
export class SagaCoordinator extends coordinator(options) {}
export class SagaWorkflow extends sagaWorkflow(options) {}

export default {};
