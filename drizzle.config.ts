import { defineConfig } from "drizzle-kit";

// `bun run generate` writes the SQL of drizzle/ from the schema; the program applies it at start (bun/migrate.ts).
export default defineConfig({ dialect: "sqlite", schema: "./src/store/schema.ts", out: "./drizzle" });
