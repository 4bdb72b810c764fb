/** What an operator sees and presses in the console, on a document without a browser. */
import { afterAll, describe, expect, test } from "bun:test";
import { turns } from "../dom.ts";
import { problem, TOKEN } from "./console-double.ts";
import { NOW, openDom } from "./dom.ts";
import { event, HOSTILE, registration } from "./samples.ts";

const dom = openDom();
afterAll(dom.close);

const nothing = () => Promise.reject(new Error("no network"));

describe("signing in", () => {
	test("the token is exchanged, its field is empty at once, and the screen that was asked for comes", async () => {
		const page = await dom.draw("#/barred", (double) => {
			double.formToken = undefined;
		});
		expect(page.text()).toContain("For the operator of push.example.net.");
		page.type("#token", TOKEN);
		const field = page.find<HTMLInputElement>("#token");
		const sent = page.send();
		expect(field.value).toBe("");
		await sent;
		await page.until("2 owners and 1 domain cannot register.");
		expect(page.root.innerHTML).not.toContain(TOKEN);
	});

	test("a wrong token is told at the field", async () => {
		const page = await dom.draw("#/overview", (double) => {
			double.formToken = undefined;
		});
		page.type("#token", "another");
		await page.send();
		await page.until("This is not the token. You have 4 tries left in this minute.");
		expect(page.find("#token").getAttribute("aria-invalid")).toBe("true");
	});

	test("who is signed out in the middle signs in again, and is where he was", async () => {
		const page = await dom.draw("#/registrations?begins=ro");
		await page.until("The first 50 that begin with “ro”");
		page.double.formToken = undefined;
		await page.press("Next 50");
		await page.open("#/registrations?begins=ro&after=page-2");
		await page.until("You are signed out");
		page.type("#token", TOKEN);
		await page.send();
		await page.until("The next 12 that begin with “ro”");
	});

	test("signing out ends the session", async () => {
		const page = await dom.draw("#/barred");
		await page.press("Sign out");
		await page.until("For the operator of");
		expect(page.double.asked).toContain("POST session/end {}");
	});

	test("where Reveille does not answer, that is said, and it is asked again by a press", async () => {
		let isAway = true;
		const page = await dom.draw("#/barred", (double) => {
			const { fetch } = double;
			double.fetch = (request) => (isAway ? nothing() : fetch(request));
		});
		await page.until("Reveille does not answer.");
		isAway = false;
		await page.press("Ask again");
		await page.until("Made-up endpoints");
	});

	test("a form token of another tab's session is taken over, and the change is done", async () => {
		const page = await dom.draw("#/barred");
		await page.until("Made-up endpoints");
		page.double.formToken = "form-token-of-another-tab";
		page.find("[aria-label='Lift spam.example.com']").click();
		await page.until("spam.example.com can register again.");
	});
});

describe("the overview", () => {
	test("begins with the answer, and draws the way and the numbers", async () => {
		const page = await dom.draw("#/overview");
		await page.until("All is well");
		expect(page.text()).toContain("2 of 2 connectors online");
		expect(page.text()).toContain("Up to 14:05. A new minute is added by itself.");
		expect(page.text()).toMatch(/Now \d+ ms; the slowest of 100 takes \d+ ms/);
		expect(document.title).toBe("Overview: All is well · Reveille");
		const [drawing] = page.root.querySelectorAll(".plot svg");
		expect(drawing?.getAttribute("role")).toBe("img");
		expect(drawing?.getAttribute("aria-label")).toMatch(
			/^About \d+ pushes a minute were delivered, \d+ at the most, at \d\d:\d\d\. Again later: /,
		);
		expect(page.text()).toContain("The last one to shut was ntfy.example.org, today, 13:52 to 13:58");
	});

	test("asks again each minute, and when somebody comes back", async () => {
		const page = await dom.draw("#/overview");
		await page.until("All is well");
		const times = () => page.double.asked.filter((one) => one.startsWith("GET overview")).length;
		expect(times()).toBe(1);
		await page.pass(60_000);
		expect(times()).toBe(2);
		await page.comeBack();
		expect(times()).toBe(3);
	});

	test("keeps its numbers while Reveille is away, and says that it is", async () => {
		const page = await dom.draw("#/overview");
		await page.until("All is well");
		page.double.fetch = nothing;
		await page.pass(60_000);
		await page.until("Reveille does not answer.");
		expect(page.text()).toContain("All is well");
	});

	test("shows no numbers of an hour where those of a week do not come", async () => {
		const page = await dom.draw("#/overview");
		await page.until("All is well");
		page.double.instead.set("GET overview", () => problem(503, "The database is away."));
		await page.open("#/overview?period=week");
		await page.until("The database is away.");
		expect(page.text()).not.toContain("All is well");
		page.double.instead.clear();
		await page.press("Ask again");
		await page.until("All is well");
	});

	test("says what to do where something is wrong, with what to type", async () => {
		const page = await dom.draw("#/overview", (double) => {
			double.stage = "broken";
		});
		await page.until("Pushes to iPhones fail");
		expect(page.text()).toContain("Renew the APNs key");
		expect(page.find<HTMLAnchorElement>("Show it").getAttribute("href")).toBe("#/services");
		await page.press("Copy");
		expect(page.copied).toEqual(["timedatectl set-ntp true"]);
		expect(page.text()).toMatch(/No numbers from 13:\d\d to 13:\d\d\./);
		expect(page.text()).toContain("last seen today, 13:54");
		expect(page.text()).toContain("Our credentials");
	});

	test("of a day and a week is a link", async () => {
		const page = await dom.draw("#/overview");
		await page.open("#/overview?period=week");
		await page.until("Pushes every 2 h");
		expect(page.find("Week").getAttribute("aria-current")).toBe("true");
		expect(page.double.asked).toContain("GET overview?period=week");
	});

	test("of nobody says what to do first", async () => {
		const page = await dom.draw("#/overview", (double) => {
			double.stage = "empty";
		});
		await page.until("Ready, and nobody is registered yet");
		expect(page.text()).toContain("Set FCM_SERVICE_ACCOUNT");
		expect(page.find<HTMLAnchorElement>("Open the web app").getAttribute("href")).toBe("../app/");
	});
});

describe("registrations", () => {
	test("are looked for by what is typed, and told as a link", async () => {
		const page = await dom.draw("#/registrations");
		await page.until("The first 50");
		page.type("#begins", " juliet ");
		page.type("#host", "push.example");
		await page.send("search form");
		expect(page.hash()).toBe("#/registrations?begins=juliet&host=push.example");
		await page.until("The first 50 that begin with “juliet”, at push.example");
		// The heading is that of the new question at once.
		const asked = () => page.double.asked.includes("GET registrations?begins=juliet&host=push.example");
		for (let turn = 0; turn < 1_000 && !asked(); turn++) await turns(1);
		expect(asked()).toBe(true);
		expect(page.text()).toContain("found in 12 ms");
	});

	test("have further pages, and the focus comes to the list", async () => {
		const page = await dom.draw("#/registrations?begins=ro");
		await page.until("There are more.");
		const next = page.find<HTMLAnchorElement>("Next 50").getAttribute("href") ?? "";
		await page.open(next);
		await page.until("There are no more.");
		expect(document.activeElement?.textContent).toBe("The next 12 that begin with “ro”");
		expect(page.find<HTMLAnchorElement>("First 50").getAttribute("href")).toBe("#/registrations?begins=ro");
	});

	test("that are not there lead to what happened", async () => {
		const page = await dom.draw("#/registrations?begins=nobody");
		await page.until("No registration begins with “nobody”");
		expect(page.find<HTMLAnchorElement>("What happened to it").getAttribute("href")).toBe(
			"#/events?text=nobody",
		);
	});
});

describe("one registration", () => {
	test("names the owner's other device that something happened to", async () => {
		const page = await dom.draw("#/registrations/node-1");
		await page.until("503 push service unwell");
		const link = page.root.querySelector<HTMLAnchorElement>(".timeline a");
		const [other] = registration(0, "ok", "node-1").others;
		expect([link?.textContent, link?.getAttribute("href")]).toEqual([
			other?.device,
			`#/registrations/${other?.node}`,
		]);
		expect(page.root.querySelectorAll(".timeline a")).toHaveLength(1);
	});

	test("says why its owner gets nothing, and where the last push stopped", async () => {
		const page = await dom.draw("#/registrations/node-1", (double) => {
			double.stage = "broken";
		});
		await page.until("Apple says that this iPhone is gone");
		expect(document.title).toBe("iPhone of romeo@example.net · Reveille");
		const classes = [...page.root.querySelectorAll("main .way li")].map((one) => one.className);
		expect(classes).toEqual(["", "", "cut", "bad cut", "idle"]);
		expect(page.text()).toContain("Decided by Apple");
		expect(page.text()).not.toContain("Send a test push");
	});

	test("is tested, and each leg is timed", async () => {
		const page = await dom.draw("#/registrations/node-1");
		await page.until("Send a test push");
		await page.press("Send a test push");
		await page.until("It works: Apple took it after 121 ms");
		expect(page.text()).toContain("118 ms");
		expect(page.double.asked).toContain("POST registrations/node-1/test {}");
	});

	test("ends after a question that says how much", async () => {
		const page = await dom.draw("#/registrations/node-1");
		await page.until("End it");
		await page.press("End it");
		expect(page.text()).toContain("1 registration ends at once, of romeo@example.net. 2 other devices stay.");
		expect(document.activeElement?.textContent).toBe("Keep it");
		expect(page.double.asked).not.toContain("POST registrations/node-1/end {}");
		await page.send("dialog form");
		await page.until("The registration has ended.");
		expect(page.double.asked).toContain("POST registrations/node-1/end {}");
		expect(document.activeElement?.textContent).toBe("The registration has ended.");
	});

	test("has an owner and a domain who are barred, once the domain was typed", async () => {
		const page = await dom.draw("#/registrations/node-1");
		await page.until("Bar example.net");
		await page.press("Bar example.net");
		await page.until(
			"1,204 registrations of 611 people end at once, and nobody at example.net can register.",
		);
		page.type("#reason", "spam");
		page.type("#confirm", "example.org");
		await page.send("dialog form");
		await page.until("This is not example.net.");
		expect(page.double.asked.filter((one) => one.startsWith("POST bars "))).toEqual([]);
		page.type("#confirm", "example.net");
		await page.send("dialog form");
		await page.until("example.net is barred. 1,204 registrations of 611 people ended.");
		expect(page.double.asked).toContain('POST bars {"who":"example.net","reason":"spam"}');
	});

	test("that nobody knows is said", async () => {
		const page = await dom.draw("#/registrations/gone", (double) => {
			double.instead.set("GET registrations/gone", () => problem(404, "No registration has this node."));
		});
		await page.until("No registration has this node.");
	});
});

describe("what happened", () => {
	test("goes on live, and each event is there once", async () => {
		const page = await dom.draw("#/events");
		await page.until("Connects");
		const [stream] = page.streams;
		stream?.opened();
		await page.until("Live");
		const told = JSON.stringify(event(NOW, 2001));
		stream?.event("happened", told);
		stream?.event("happened", told);
		stream?.event("happened", "not JSON");
		stream?.event("happened", '{"id":"x"}');
		stream?.event("more", "12");
		await page.until("12 more came in one second.");
		expect(page.root.querySelectorAll("tbody tr").length).toBe(25);
	});

	test("pauses, and goes on with what came meanwhile", async () => {
		const page = await dom.draw("#/events");
		await page.until("Connects");
		await page.press("Pause");
		page.streams[0]?.event("happened", JSON.stringify(event(NOW, 2002)));
		await page.until("Go on, with 1 new");
		expect(page.root.querySelectorAll("tbody tr").length).toBe(24);
		await page.press("Go on, with 1 new");
		expect(page.root.querySelectorAll("tbody tr").length).toBe(25);
	});

	test("shows of what comes what is looked for", async () => {
		const page = await dom.draw("#/events?kind=refused&text=ROMEO");
		await page.until("Connects");
		page.streams[0]?.event("happened", JSON.stringify(event(NOW, 2003)));
		page.streams[0]?.event("happened", JSON.stringify({ ...event(NOW, 2000), owner: "romeo@example.net" }));
		await page.pass(0);
		expect(page.root.querySelectorAll("tbody tr").length).toBe(25);
	});

	test("after a break asks for what was missed, and opens the stream again", async () => {
		const page = await dom.draw("#/events");
		await page.until("Connects");
		page.streams[0]?.opened();
		page.streams[0]?.failed(true);
		await page.until("Connects again");
		page.double.happens(event(NOW, 2004));
		await page.pass(2_000);
		expect(page.streams).toHaveLength(2);
		page.streams[1]?.opened();
		await page.until("Live");
		expect(page.double.asked).toContain("GET events?since=1000");
		expect(page.root.querySelectorAll("tbody tr").length).toBe(25);
	});

	test("beside a stream gets what it left out within a minute, and nothing twice", async () => {
		const page = await dom.draw("#/events");
		await page.until("Connects");
		page.streams[0]?.opened();
		await page.until("Live");
		// A row has another id than what was told live of it.
		page.streams[0]?.event("happened", JSON.stringify({ ...event(NOW, 2008), id: "live-1" }));
		page.double.happens(event(NOW, 2008));
		page.double.happens(event(NOW + 1, 2009));
		await page.pass(60_000);
		expect(page.root.querySelectorAll("tbody tr").length).toBe(26);
		await page.pass(60_000);
		expect(page.double.asked.at(-1)).toBe("GET events?since=2009");
		expect(page.root.querySelectorAll("tbody tr").length).toBe(26);
	});

	test("is asked for again and again where there are too many streams", async () => {
		const page = await dom.draw("#/events");
		await page.until("Connects");
		page.streams[0]?.failed(true);
		await page.pass(2_000);
		page.streams[1]?.failed(true);
		await page.pass(4_000);
		expect(page.streams).toHaveLength(3);
		await page.until("Asks again by itself");
	});

	test("is asked for again where there is no stream", async () => {
		const page = await dom.draw("#/events", (double) => {
			double.live = "poll";
		});
		await page.until("Asks again by itself");
		page.double.happens(event(NOW, 2005));
		await page.pass(15_000);
		expect(page.root.querySelectorAll("tbody tr").length).toBe(25);
		expect(page.streams).toHaveLength(0);
	});

	test("is looked for by a part, and has older pages that stay", async () => {
		const page = await dom.draw("#/events");
		await page.until("The list goes back to 28 October.");
		page.type("#text", "nobody");
		await page.send("search form");
		await page.until("Nothing of the kind happened");
		await page.open("#/events?before=950");
		await page.until("Newest");
		expect(page.text()).not.toContain("Pause");
	});
});

describe("who is barred", () => {
	test("is counted first, and what is no address is told", async () => {
		const page = await dom.draw("#/barred");
		await page.until("Made-up endpoints");
		page.type("#who", "no address");
		await page.send("main form");
		await page.until("This is neither an address nor a domain.");
		page.type("#who", "tybalt@example.org");
		await page.send("main form");
		await page.until("3 registrations end at once, and tybalt@example.org cannot register.");
		await page.send("dialog form");
		await page.until("tybalt@example.org is barred. 3 registrations ended.");
	});

	test("may be nobody", async () => {
		const page = await dom.draw("#/barred", (double) => {
			double.stage = "empty";
		});
		await page.until("Nobody is barred");
	});
});

describe("invites", () => {
	test("are made, shown once with a code for cameras, and copied", async () => {
		const page = await dom.draw("#/invites");
		await page.until("Invites so far");
		page.type("#for", "example.org");
		page.type("#uses", "5");
		await page.send("main form");
		await page.until("You see it once. For anybody at example.org, 5 uses, until 11 December.");
		expect(page.double.asked).toContain('POST invites {"uses":5,"days":14,"onlyFor":"example.org"}');
		expect(page.root.querySelector(".qr")?.getAttribute("aria-label")).toBe("The link as a QR code");
		expect(document.activeElement?.textContent).toBe("Your new invite");
		page.find("[aria-label='Copy: The code']").click();
		expect(page.copied).toEqual(["K7QM-2XWD-9FHT"]);
	});

	test("are revoked after a question that says how much is lost", async () => {
		const page = await dom.draw("#/invites");
		await page.until("Invites so far");
		page.find("[aria-label='Revoke the invite for anybody']").click();
		await page.until("83 uses are lost. 17 devices that used it before stay.");
		await page.send("dialog form");
		await page.until("The invite for anybody lets nobody in any more.");
		expect(page.double.asked).toContain('POST invites/revoke {"id":"i3"}');
	});
});

describe("strangers' words", () => {
	test.each(["overview", "services", "registrations", "registrations/x", "barred", "events", "invites"])(
		"are text on %s, and never elements",
		async (screen) => {
			const page = await dom.draw(`#/${screen}`, (double) => {
				double.stage = "hostile";
			});
			await page.until((HOSTILE[4] ?? "").slice(0, 30));
			expect(page.root.querySelectorAll("img, script, [onload], [onerror]").length).toBe(0);
			for (const link of page.root.querySelectorAll("a"))
				expect(link.getAttribute("href")).toMatch(/^(#\/|\.\.\/app\/)/);
		},
	);
});

test("the focus goes to the heading of the next screen, and the menu marks where one is", async () => {
	const page = await dom.draw("#/overview");
	await page.until("All is well");
	await page.open("#/barred");
	await page.until("Made-up endpoints");
	expect(document.activeElement?.textContent).toBe("Barred");
	const marked = [...page.root.querySelectorAll("[aria-current=page]")].map((one) => one.textContent);
	expect(marked).toEqual(["Barred", "Barred"]);
});
