import { Element } from "./xml.ts";

/**
 * An element that was read, not made: what stands around it never changes. So its names are looked at once, where ltx
 * takes them apart, and goes up through all parents, for each question. It answers the same.
 */
export class ReadElement extends Element {
	declare parent: ReadElement | null;
	readonly localName: string;
	/** The namespace of names without a prefix. */
	readonly defaultNS: string | undefined;
	readonly hasPrefix: boolean;

	/** @param attrs kept, not copied */
	constructor(name: string, attrs: Record<string, string>, parent: ReadElement | undefined) {
		super(name);
		const colon = name.indexOf(":");
		this.hasPrefix = colon >= 0;
		this.localName = colon < 0 ? name : name.slice(colon + 1);
		this.defaultNS = attrs.xmlns || parent?.defaultNS;
		this.attrs = attrs;
		this.parent = parent ?? null;
	}

	override getName(): string {
		return this.localName;
	}

	override getNS(): string | undefined {
		return this.hasPrefix ? super.getNS() : this.defaultNS;
	}

	override is(name: string, xmlns?: string): boolean {
		return this.localName === name && (!xmlns || this.getNS() === xmlns);
	}

	override getChild(name: string, xmlns?: string): Element | undefined {
		for (const child of this.children) {
			if (typeof child === "object" && child.is(name, xmlns)) return child;
		}
		return undefined;
	}

	override getChildren(name: string, xmlns?: string): Element[] {
		const found: Element[] = [];
		for (const child of this.children) {
			if (typeof child === "object" && child.is(name, xmlns)) found.push(child);
		}
		return found;
	}
}
