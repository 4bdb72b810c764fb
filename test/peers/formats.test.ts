/**
 * The servers' own data formats, as they were seen.
 */
import { expect, test } from "bun:test";
import { parseErlangTerms } from "./erlang-term.ts";
import { luaString, parseLuaData } from "./lua-table.ts";

test("what ejabberd dumps is read: tuples, binaries in all their shapes, nested lists", () => {
	const text = `{tables,[{push_session,[{record_name,push_session}]}]}.
{push_session,
    {<<"bob">>,<<"example.org">>},
    {1795,226024,2},
    {<<>>,<<"push.example.net">>,<<>>},
    <<"n\u00c3\u00b6'\\"de\\n">>,
    {xmlel,<<"x">>,[],[{xmlcdata,
                       <<"a long one, "
                         "in two lines">>}]}}.
{other,'quoted atom',<<195,169,240,159,145,141>>,-1.5e3,"str"}.
`;
	expect(parseErlangTerms(Buffer.from(text, "latin1"))).toEqual([
		["tables", [["push_session", [["record_name", "push_session"]]]]],
		[
			"push_session",
			["bob", "example.org"],
			[1795, 226024, 2],
			["", "push.example.net", ""],
			"nö'\"de\n",
			["xmlel", "x", [], [["xmlcdata", "a long one, in two lines"]]],
		],
		["other", "quoted atom", "é👍", -1500, "str"],
	]);
	expect(() => parseErlangTerms(Buffer.from("{a,"))).toThrow(SyntaxError);
});

test("what Prosody stores is read", () => {
	const text = `return {
	["push@example.net/push<n\\"1"] = {
		["jid"] = "push@example.net/push";
		node = "n\\"1\\n\\195\\182";
		["options"] = { ["name"] = "x"; ["attr"] = {}; { ["name"] = "field" }; "text"; };
		["timestamp"] = 1795226024;
		["on"] = true;
	};
};`;
	expect(parseLuaData(Buffer.from(text))).toEqual({
		'push@example.net/push<n"1': {
			jid: "push@example.net/push",
			node: 'n"1\nö',
			options: { name: "x", attr: {}, 1: { name: "field" }, 2: "text" },
			timestamp: 1795226024,
			on: true,
		},
	});
	expect(() => parseLuaData(Buffer.from("return {"))).toThrow(SyntaxError);
	expect(parseLuaData(Buffer.from(`return ${luaString('a"\\\n\0é')}`))).toBe('a"\\\n\0é');
});
