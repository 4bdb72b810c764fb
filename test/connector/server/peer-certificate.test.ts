/** What a server's certificate says of itself, and those behind it. */
import { afterAll, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { createServer } from "node:tls";
import { peerCertificate, readCertificate } from "../../../src/connector/server/peer-certificate.ts";
import { makeCertificates } from "../../peers/apns-certificates.ts";
import { selfSigned } from "../../peers/certificates.ts";

const { made, remove } = selfSigned({ host: "localhost", until: "20300102000000Z" });
afterAll(remove);

async function shownBy(cert: string, key: string) {
	const server = createServer({ cert, key });
	server.on("tlsClientError", () => {});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	const shown = await peerCertificate(new URL(`wss://localhost:${port}`), new AbortController().signal);
	server.close();
	return shown;
}

test("one that signed itself has nobody behind it", async () => {
	const [own] = made;
	const shown = await shownBy(own?.cert ?? "", own?.key ?? "");
	expect(shown).toMatchObject({ issuer: "itself", until: "2030-01-02", sha256: own?.sha256 });
	expect(shown?.others).toBeUndefined();
});

test("of an authority it says which, and when those end that the server shows too", async () => {
	const { ca, server } = await makeCertificates("net.example.app");
	const alone = await shownBy(server.cert, server.key);
	expect(alone?.issuer).toContain("APNs double");
	expect(alone?.others).toBeUndefined();
	const { until } = readCertificate(new X509Certificate(ca));
	const shown = await shownBy(`${server.cert}${ca}`, server.key);
	expect(shown?.others).toEqual([{ name: alone?.issuer ?? "", until }]);
});
