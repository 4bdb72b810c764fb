import { describe } from "bun:test";
import { testStandby } from "./standby.ts";

describe("two processes with one account of a real ejabberd", () => testStandby("ejabberd"));
