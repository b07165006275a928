/**
 * A worker thread that sends GET requests at a fixed rate, whatever the answers are, until its parent says stop or a
 * limit is reached. It has a thread of its own so that its parent's measurements do not wait for it.
 */
import { Agent, request } from "node:http";
import { parentPort, workerData } from "node:worker_threads";

export interface FloodOptions {
  /** On this machine. */
  url: string;
  paths: string[];
  /** Requests per second. */
  rate: number;
  /** Most requests in all. */
  limit: number;
  /** Longest time, ms. */
  duration: number;
}

export interface FloodResult {
  sent: number;
  /** Answers by status; 0 = none within the patience of a person, or no connection. */
  statuses: Record<number, number>;
  /** ms that it took. */
  ms: number;
}

/** Connections at a time; whoever finds none free waits in line, as in front of a real server. */
const CONNECTIONS = 512;
/** Requests under way or in line; more would only fill this process. */
const PATIENT = 6_000;
/** Whoever has waited so long, ms, goes away, so that others can come at the same rate. */
const PATIENCE = 2_000;
const TICK = 5;

const { url, paths, rate, limit, duration } = workerData as FloodOptions;
if (!["127.0.0.1", "localhost"].includes(new URL(url).hostname))
  throw new Error(`${url} is not on this machine.`);

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const statuses: Record<number, number> = {};
const began = performance.now();
let sent = 0;
let open = 0;

function send(): void {
  const path = paths[sent % paths.length] ?? "/";
  // Everybody has an address of their own, so that no client's quota ends the flood.
  const address = `10.${(sent >> 8) & 255}.${sent & 255}.1`;
  let ended = false;
  const end = (status: number) => {
    if (ended) return;
    ended = true;
    clearTimeout(patience);
    open--;
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  sent++;
  open++;
  const asked = request(`${url}${path}`, { agent, headers: { "cf-connecting-ip": address } }, (response) => {
    response.resume();
    response.on("end", () => end(response.statusCode ?? 0));
    response.on("error", () => end(0));
  });
  const patience = setTimeout(() => asked.destroy(), PATIENCE);
  asked.on("error", () => end(0));
  asked.end();
}

const timer = setInterval(() => {
  const elapsed = performance.now() - began;
  const due = Math.min(limit, Math.floor((elapsed / 1000) * rate));
  while (sent < due && open < PATIENT) send();
  if (elapsed > duration || sent >= limit) stop();
}, TICK);

function stop(): void {
  clearInterval(timer);
  const result: FloodResult = { sent, statuses, ms: performance.now() - began };
  parentPort?.postMessage(result);
  agent.destroy();
  parentPort?.close();
}
parentPort?.once("message", stop);
