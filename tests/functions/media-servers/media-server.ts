/** What the tests know of a media server: the bodies that it posts. */

export interface Publisher {
  readonly streamId: string;
  readonly key: string;
  /** The server's own id of the connection. */
  readonly id: string;
  readonly ip: string;
}

export interface Player {
  readonly streamId: string;
  readonly token?: string;
}

export interface MediaServer {
  /** What `media_server` is called when the hook's URL does not say. */
  readonly name: string;
  readonly contentType: string;
  /** An id as this server gives them; `n` tells two apart. */
  readonly publisherId: (n: number) => string;
  /** Every body that it posts for one publish, in order; each must be allowed. */
  readonly publish: (publisher: Publisher) => readonly string[];
  readonly unpublish: (publisher: Publisher) => string;
  readonly play: (player: Player) => string;
  /** What it also posts, and what changes nothing. */
  readonly others: (publisher: Publisher) => readonly string[];
}
