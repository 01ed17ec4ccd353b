/** Everything of the local stack listens on loopback only. */
export const HOST = '127.0.0.1';
