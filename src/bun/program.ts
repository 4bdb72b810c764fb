/** What the user types to run this program: from its sources through Bun, or as the compiled binary. */
export const PROGRAM = Bun.main.startsWith("/$bunfs/") ? "reveille" : "npx --yes bun run start";
