/** How long a connection waits for what; all in ms. */
export const TIMING = {
	/** For connecting, logging in and binding together. */
	deadline: 15_000,
	/** The first reconnect is immediate: on ejabberd every publish that finds us away costs a registration. */
	backoffFirst: 500,
	backoffLongest: 60_000,
	/** A wrong password is mended by a person, and servers ban who tries it often. */
	backoffCredentials: 300_000,
	/** Ask whether the server is still there after this much silence, … */
	silence: 30_000,
	/** … and hold the connection for dead after this much more. */
	grace: 15_000,
	/** How often to ask for an address that another connection has: that one's end is not told. */
	standby: 1_000,
	/** A session that lasts this long was no accident: the next loss is answered at once again. */
	stable: 30_000,
	/** Between two looks at whether too many stanzas still wait for an answer. */
	backlog: 100,
	/** For the last answers to be sent, and for the server to say that it has them, when stopping. */
	farewell: 2_000,
};

export type ConnectionTiming = typeof TIMING;
