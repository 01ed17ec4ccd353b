import type { Claims } from '../identity.ts';
import type { PostgresBinding } from '../join-config.ts';
import type { Member } from '../topics.ts';

export class ChannelChanges {
  readonly answer: readonly object[];
  constructor(_member: Member, bindings: readonly PostgresBinding[], _claims: () => Claims) {
    this.answer = bindings.map((binding, id) => ({ id, ...binding }));
  }
  async start(): Promise<string | undefined> {
    return 'Postgres Changes are not there yet';
  }
  close(): void {}
}
