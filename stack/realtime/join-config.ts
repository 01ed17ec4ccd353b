/** What a client asks for when it joins. */
import * as v from 'valibot';

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
  schema: v.optional(v.string()),
  table: v.optional(v.string()),
  filter: v.optional(v.nullable(v.string())),
  select: v.optional(v.array(v.string())),
});

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
      postgres_changes: v.optional(v.nullable(v.array(PostgresBinding)), []),
    }),
    {},
  ),
});

export type PostgresBinding = v.InferOutput<typeof PostgresBinding>;
export type JoinPayload = v.InferOutput<typeof JoinPayload>;

/** @returns the payload, or what is wrong with it */
export function parseJoin(payload: unknown): JoinPayload | string {
  const result = v.safeParse(JoinPayload, payload);
  if (result.success) return result.output;
  const [issue] = result.issues;
  return `${v.getDotPath(issue) ?? 'payload'}: ${issue.message}`;
}
