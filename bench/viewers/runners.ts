/** Each way to count a beat, as work on one connection. */
import { createClient } from 'redis';
import { admitAddress, touchViewer } from '../../functions/_shared/viewers/scripts.ts';
import { admitCommand, touchCommand, type Viewing } from '../../functions/viewer/viewing.ts';
import { HttpLane, type Post } from '../support/http-lane.ts';
import { onWire, type Runner } from '../support/turns.ts';

/** Each connection has its share of the items, and takes them in turn. */
function shareOf<Item>(
  items: readonly Item[],
  connection: number,
  connections: number,
): () => Item {
  const own = items.filter((_, n) => n % connections === connection);
  let next = 0;
  return () => own[next++ % own.length] as Item;
}

/** Posts over kept-alive HTTP connections. */
export function posting(
  name: string,
  url: string,
  posts: readonly Post[],
  connections: number,
): Runner {
  return {
    name,
    async open(connection) {
      const nextPost = shareOf(posts, connection, connections);
      const lane = await HttpLane.open(url);
      return { next: () => lane.post(nextPost()), close: () => lane.close() };
    },
  };
}

/** One durable statement a beat, of a random row of a table. */
export function updating(name: string, url: string, table: string, ids: readonly string[]): Runner {
  const statement = `update ${table} set viewer_count = viewer_count + 1, last_seen_at = now() where id = $1`;
  const anyId = () => ids[Math.floor(Math.random() * ids.length)] as string;
  return onWire({ name, url, unit: () => (wire) => wire.run(statement, [anyId()]) });
}

/** What a beat asks of Redis, without the function around it. */
export function scripting(
  name: string,
  url: string,
  viewings: readonly Viewing[],
  connections: number,
): Runner {
  return {
    name,
    async open(connection) {
      const nextViewing = shareOf(viewings, connection, connections);
      const client = createClient({ url, commandOptions: { timeout: 0 } });
      await client.connect();
      return {
        async next() {
          const viewing = nextViewing();
          await Promise.all([
            admitAddress(client, ...admitCommand(viewing.viewerId, viewing.requests)),
            touchViewer(client, ...touchCommand(viewing)),
          ]);
        },
        close: () => client.close(),
      };
    },
  };
}
