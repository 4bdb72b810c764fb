/** The link of an invite: its secret is behind the `#`, which browsers send to nobody. */

/** @returns what stands there, which may be anything; undefined: it is no such link */
export const inviteOf = (hash: string): string | undefined => /^#invite=(.+)$/.exec(hash)?.[1];

/** What a person pasted in place of a code may be the link. */
export const inviteIn = (typed: string): string => /#invite=(\S+)/.exec(typed)?.[1] ?? typed.trim();
