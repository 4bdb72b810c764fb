/** A disk of two megabytes (tmpfs), which a test fills up. */
import { rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./folder.ts";

export interface SmallDisk {
	readonly path: string;
	/** Writes until it takes no more. @param left so many bytes are free then */
	fillUp(left?: number): void;
	/** Takes that away again. */
	makeRoom(): void;
	remove(): void;
}

/** @throws when this user may not mount */
export function mountSmallDisk(): SmallDisk {
	const folder = temporaryFolder("small-disk");
	const { path } = folder;
	const ballast = join(path, "ballast");
	const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", path]);
	if (mounted.exitCode !== 0) {
		folder.remove();
		throw new Error(`This test mounts a small disk, as root: ${mounted.stderr}`);
	}
	return {
		path,
		fillUp(left = 0) {
			const written = Bun.spawnSync(["dd", "if=/dev/zero", `of=${ballast}`, "bs=4096"]);
			if (written.exitCode === 0) throw new Error("the disk took all that there is");
			truncateSync(ballast, statSync(ballast).size - left);
		},
		makeRoom: () => rmSync(ballast, { force: true }),
		remove() {
			Bun.spawnSync(["umount", "--lazy", path]);
			folder.remove();
		},
	};
}
