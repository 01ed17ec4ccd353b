/** A source or a target that is not to be used; its message is for the owner of the stream. */
export class Refused extends Error {}
