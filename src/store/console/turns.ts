/** Work in pieces: a statement on a file blocks the event loop, and timers and sockets have their turn between two. */

/** Resolves in a later turn of the event loop. */
export const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve));
