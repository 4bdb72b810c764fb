/** What the command prints of an invite. */
import { expect, test } from "bun:test";
import { told } from "../../../src/bun/commands/invite.ts";

const INVITE = { id: "1f0c9a3e", uses: 1, code: "AAAA-BBBB-CCCC", endsAt: "2027-01-01T00:00:00.000Z" };
const QR = /[█▀▄]/;

test("a link that others can open has a QR code", async () => {
	expect(await told({ ...INVITE, link: "https://push.example.net/app/#invite=x" })).toMatch(QR);
});

test.each(["http://127.0.0.1:5357", "http://localhost:5357", "http://[::1]:5357"])(
	"a link to %s has none: a phone would look at itself",
	async (origin) => {
		const said = await told({ ...INVITE, link: `${origin}/app/#invite=x` });
		expect(said).toContain(`${origin}/app/#invite=x`);
		expect(said).not.toMatch(QR);
	},
);
