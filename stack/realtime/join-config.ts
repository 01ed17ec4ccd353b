/** What a client asks for when it joins. */
import * as v from 'valibot';
import { MAX_BINDINGS } from './limits.ts';

/** Of a schema or table, in Postgres 63 bytes; of a filter, a hundred uuids. */
const MAX_NAME_LENGTH = 255;
const MAX_FILTER_LENGTH = 5_000;
const name = v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH));

const flag = v.optional(v.nullable(v.boolean()), false);

const Replay = v.object({
  /** Milliseconds since 1970. */
  since: v.optional(v.nullable(v.pipe(v.number(), v.safeInteger()))),
  limit: v.optional(v.nullable(v.pipe(v.number(), v.safeInteger()))),
});

const Broadcasts = v.object({
  ack: flag,
  self: flag,
  replication_ready: flag,
  replay: v.optional(v.nullable(Replay)),
});

const PostgresBinding = v.object({
  event: v.picklist(['*', 'INSERT', 'UPDATE', 'DELETE']),
  schema: v.optional(name),
  table: v.optional(name),
  filter: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(MAX_FILTER_LENGTH)))),
});

/** Counted before they are looked at. */
const Bindings = v.pipe(
  v.array(v.unknown()),
  v.maxLength(MAX_BINDINGS, `a channel has at most ${MAX_BINDINGS} bindings`),
  v.array(PostgresBinding),
);

const JoinPayload = v.object({
  access_token: v.optional(v.nullable(v.string())),
  config: v.optional(
    v.object({
      private: flag,
      broadcast: v.optional(Broadcasts, {}),
      presence: v.optional(
        v.object({ key: v.optional(v.nullable(v.string()), ''), enabled: flag }),
        {},
      ),
      postgres_changes: v.optional(v.nullable(Bindings), []),
    }),
    {},
  ),
});

export type PostgresBinding = v.InferOutput<typeof PostgresBinding>;
export type JoinPayload = v.InferOutput<typeof JoinPayload>;

/** @returns the payload, or what is wrong with it */
export function parseJoin(payload: unknown): JoinPayload | string {
  const result = v.safeParse(JoinPayload, payload, { abortEarly: true, abortPipeEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  return `${v.getDotPath(issue) ?? 'payload'}: ${issue.message}`;
}
