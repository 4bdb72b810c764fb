"""A client nobody here wrote (slixmpp): registers a device by ad-hoc command, enables push, goes offline.

Reads one line of JSON: jid, password, host, port, push (the push service's JID), command, fields.
Writes one line of JSON: the commands it found, the values of the answer's form, and what it would draw: of that form
each field's type and label, and of the list of registrations the columns and each row.
"""

import asyncio
import inspect
import json
import sys

from slixmpp import ClientXMPP
from slixmpp.xmlstream import ET

PUSH = "urn:xmpp:push:0"
DATA = "jabber:x:data"


class Phone(ClientXMPP):
    def __init__(self, wanted):
        super().__init__(wanted["jid"], wanted["password"])
        self.wanted = wanted
        self.result = asyncio.get_event_loop().create_future()
        for plugin in ("xep_0030", "xep_0004", "xep_0050"):
            self.register_plugin(plugin)
        # 1.10 refuses these unless it is told so: nothing leaves this machine. It says that it could bind a channel
        # where there is none, for which ejabberd refuses its SCRAM; then it takes PLAIN.
        self["feature_mechanisms"].unencrypted_scram = True
        self["feature_mechanisms"].unencrypted_plain = True
        self.add_event_handler("session_start", self.register_device)
        self.add_event_handler("failed_all_auth", lambda _: self.fail("authentication failed"))

    def fail(self, reason):
        if not self.result.done():
            self.result.set_exception(RuntimeError(reason))

    async def register_device(self, _event):
        try:
            self.send_presence()
            push = self.wanted["push"]
            listed = await self["xep_0050"].get_commands(push, timeout=20)
            commands = [node for _jid, node, _name in listed["disco_items"]["items"]]
            form = self["xep_0004"].make_form(ftype="submit")
            for name, value in self.wanted["fields"].items():
                form.add_field(var=name, value=value)
            answer = await self["xep_0050"].send_command(push, self.wanted["command"], payload=form, timeout=20)
            answered = answer["command"]["form"]
            values = dict(answered.get_values())
            fields = {name: [field["type"], field["label"]] for name, field in answered.get_fields().items()}
            await self.enable(values)
            listed = await self["xep_0050"].send_command(push, "list-push-registrations", timeout=20)
            table = listed["command"]["form"]
            columns = {name: [field["type"], field["label"]] for name, field in table.get_reported().items()}
            rows = [dict(row) for row in table.get_items()]
            self.result.set_result(
                {"commands": commands, "values": values, "fields": fields, "columns": columns, "rows": rows}
            )
        except Exception as error:  # whatever it is, the test is told
            self.fail(repr(error))

    def connect_unencrypted(self, host, port):
        """As its release wants it: 1.8 takes an address and options, 1.10 has the options as attributes."""
        if "disable_starttls" in inspect.signature(self.connect).parameters:
            self.connect((host, port), disable_starttls=True)
            return
        self.enable_direct_tls = False
        self.enable_starttls = False
        self.enable_plaintext = True
        self.connect(host, port)

    async def enable(self, values):
        enable = ET.Element("{%s}enable" % PUSH, {"jid": values["jid"], "node": values["node"]})
        options = ET.SubElement(enable, "{%s}x" % DATA, {"type": "submit"})
        for name, value in (
            ("FORM_TYPE", "http://jabber.org/protocol/pubsub#publish-options"),
            ("secret", values["secret"]),
        ):
            field = ET.SubElement(options, "{%s}field" % DATA, {"var": name})
            ET.SubElement(field, "{%s}value" % DATA).text = value
        iq = self.make_iq_set()
        iq.append(enable)
        await iq.send(timeout=20)


async def main():
    wanted = json.loads(sys.stdin.readline())
    phone = Phone(wanted)
    phone.connect_unencrypted(wanted["host"], wanted["port"])
    result = await asyncio.wait_for(phone.result, 40)
    print(json.dumps(result), flush=True)
    phone.disconnect()
    await phone.disconnected


asyncio.get_event_loop().run_until_complete(main())
