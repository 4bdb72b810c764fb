/** Whose publishes go where, in all benchmarks. */

export const COMPONENT = "push.example.org";
export const ACCOUNT = "push@example.org/push";
/** The user's server. */
export const SERVER = "example.org";
