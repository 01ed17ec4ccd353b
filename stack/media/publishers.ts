/** Who publishes here: those that were let in, and those that are being asked about. */
import type { Session } from 'node-media-server/src/core/context.js';

interface Publisher {
  readonly session: Session;
  isAdmitted: boolean;
}

export class Publishers {
  readonly #byId = new Map<string, Publisher>();

  /** Notes a publisher before it is asked about, so that no renewal overlooks it meanwhile. */
  expect(session: Session): void {
    this.#byId.set(session.id, { session, isAdmitted: false });
  }

  /** Notes that it was let in. */
  admit(id: string): void {
    const publisher = this.#byId.get(id);
    if (publisher) publisher.isAdmitted = true;
  }

  /** Forgets it, whether refused or gone. */
  remove(id: string): void {
    this.#byId.delete(id);
  }

  isAdmitted(id: string): boolean {
    return this.#byId.get(id)?.isAdmitted ?? false;
  }

  /** The ids of all of them. */
  ids(): string[] {
    return [...this.#byId.keys()];
  }

  /** The sessions of those that were let in. */
  admitted(): Session[] {
    const publishers = [...this.#byId.values()];
    return publishers.filter(({ isAdmitted }) => isAdmitted).map(({ session }) => session);
  }
}
