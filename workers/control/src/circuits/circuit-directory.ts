import { DurableBase } from "./durable.ts";

/** The names of all verdicts, since the objects of a namespace cannot be listed from inside. */
export class CircuitDirectory extends DurableBase {
  names: string[] = [];

  override getPersistable(): object {
    return { names: this.names };
  }

  async add(_: string, name: string): Promise<void> {
    if (this.names.includes(name)) return;
    this.names = [...this.names, name].toSorted();
    await this.persist();
  }

  async list(): Promise<{ names: string[] }> {
    return { names: this.names };
  }
}
