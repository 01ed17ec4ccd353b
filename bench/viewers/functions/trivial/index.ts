/** The least that a function can do: reads the request's body and answers some JSON. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { action } = await request.json();
    return Response.json({ action });
  },
};
