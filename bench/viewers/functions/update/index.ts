/** What a beat would be without Redis: one statement in Postgres, over a pool of the function's own. */
// deno-lint-ignore no-import-prefix -- no function of the product needs it
import postgres from 'npm:postgres@3.4.9';

const sql = postgres(Deno.env.get('BENCH_DB_URL') ?? '', { max: 16 });

export default {
  async fetch(request: Request): Promise<Response> {
    const { id } = await request.json();
    const [row] = await sql`
      update public.bench_streams set viewer_count = viewer_count + 1, last_seen_at = now() where id = ${id} returning viewer_count`;
    return Response.json({ viewers: row?.viewer_count });
  },
};
