import { testSite } from "./site-kit.ts";

testSite("xmpp-js", "ejabberd", "imported");
