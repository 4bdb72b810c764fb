/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The page to browse the OpenAPI document, rendered from it: readable without any script. */

import { Page } from "../page.tsx";
import { exampleProblem, type ProblemName, problemAnchor, problemKinds } from "../problem.ts";
import type { ApiDocument } from "./openapi.ts";
import { exampleOf, type SchemaOrRef, SchemaView } from "./schema-view.tsx";
import { WorkedExample } from "./worked-example.tsx";

const METHODS = ["get", "post", "put", "delete"] as const;

type PathItem = NonNullable<ApiDocument["paths"]>[string];
type Operation = NonNullable<PathItem["get"]>;
type Schemas = Record<string, SchemaOrRef>;
interface Described {
	path: string;
	method: (typeof METHODS)[number];
	operation: Operation;
}
type Content = Record<string, { schema?: SchemaOrRef; examples?: Record<string, { value?: unknown }> }>;

function operationsOf(document: ApiDocument): Described[] {
	return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
		METHODS.flatMap((method) => {
			const operation = item[method];
			return operation ? [{ path, method, operation }] : [];
		}),
	);
}

/** A body as it goes over the wire. */
function written(mediaType: string, example: unknown): string {
	if (mediaType.includes("json")) return JSON.stringify(example, null, 2);
	if (mediaType.includes("urlencoded"))
		return new URLSearchParams(example as Record<string, string>).toString();
	return String(example);
}

function Body({ content, schemas }: { content: Content; schemas: Schemas }) {
	return (
		<>
			{Object.entries(content).map(([mediaType, { schema, examples }]) => {
				const given = Object.values(examples ?? {}).map(({ value }) => value);
				const made = schema ? exampleOf(schema, schemas) : undefined;
				return (
					<>
						<p class="dim">{mediaType}</p>
						{schema && <SchemaView schema={schema} schemas={schemas} />}
						{(given.length > 0 ? given : [made])
							.filter((example) => example !== undefined)
							.map((example) => (
								<pre>{written(mediaType, example)}</pre>
							))}
					</>
				);
			})}
		</>
	);
}

/** The request as one types it into a shell. */
function curlOf({ path, method, operation }: Described, schemas: Schemas): string {
	const secret = operation.security?.some((way) => "deviceSecret" in way);
	const token = operation.security?.some((way) => "registrationToken" in way);
	const [mediaType, media] = Object.entries(contentOf(operation.requestBody))[0] ?? [];
	const body = mediaType && media?.schema ? written(mediaType, exampleOf(media.schema, schemas)) : undefined;
	return [
		`curl${method === "get" ? "" : ` -X ${method.toUpperCase()}`} "$SERVER${path.replace("{node}", "$NODE")}"`,
		...(secret ? ['-H "Authorization: Bearer $DEVICE_SECRET"'] : []),
		...(token ? ['-H "Authorization: Bearer $TOKEN"'] : []),
		...(mediaType ? [`-H "Content-Type: ${mediaType}"`] : []),
		...(body === undefined ? [] : [`-d '${body}'`]),
	].join(" \\\n  ");
}

function contentOf(holder: unknown): Content {
	const { content } = (holder ?? {}) as { content?: Content };
	return content ?? {};
}

function OperationView({ described, schemas }: { described: Described; schemas: Schemas }) {
	const { path, method, operation } = described;
	const responses = Object.entries(operation.responses ?? {}) as [string, { description: string }][];
	const request = contentOf(operation.requestBody);
	const ways = operation.security?.flatMap((way) => Object.keys(way)) ?? [];
	return (
		<details id={operation.operationId}>
			<summary>
				<b class={method}>{method.toUpperCase()}</b> <code>{path}</code>{" "}
				<span class="dim">{operation.summary}</span>
			</summary>
			<div>
				{operation.description && <p>{operation.description}</p>}
				{ways.map((way) => (
					<p>
						Authorization: <a href={`#security-${way}`}>{way}</a>
						{operation.security?.some((other) => Object.keys(other).length === 0) &&
							", where the server asks for it"}
					</p>
				))}
				<pre>{curlOf(described, schemas)}</pre>
				{Object.keys(request).length > 0 && (
					<>
						<h3>Request</h3>
						{Object.values(request).map(
							({ schema }) => schema && <SchemaView schema={schema} schemas={schemas} />,
						)}
					</>
				)}
				<h3>Responses</h3>
				{responses.map(([status, response]) => (
					<>
						<p>
							<b>{status}</b> {response.description}
						</p>
						{!("application/problem+json" in contentOf(response)) && (
							<Body content={contentOf(response)} schemas={schemas} />
						)}
					</>
				))}
			</div>
		</details>
	);
}

/** The whole page. */
export function DocsPage({ document, nonce }: { document: ApiDocument; nonce: string }) {
	const schemas = (document.components?.schemas ?? {}) as Schemas;
	const schemes = Object.entries(document.components?.securitySchemes ?? {}) as [
		string,
		{ description?: string },
	][];
	const operations = operationsOf(document);
	return (
		<Page title={`${document.info.title}: the HTTP interface`} nonce={nonce}>
			<h1>{document.info.title}</h1>
			<p class="dim">
				Version {document.info.version} · <a href="/openapi.json">openapi.json</a> · <a href="/">state</a>
			</p>
			<p>{document.info.description}</p>
			<WorkedExample />
			{document.tags?.map((tag) => (
				<section>
					<h2>{tag.name}</h2>
					<p>{tag.description}</p>
					{operations
						.filter(({ operation }) => operation.tags?.includes(tag.name))
						.map((described) => (
							<OperationView described={described} schemas={schemas} />
						))}
				</section>
			))}
			<section>
				<h2>Authorization</h2>
				{schemes.map(([name, scheme]) => (
					<p id={`security-${name}`}>
						<b>{name}</b>, sent as <code>Authorization: Bearer …</code>: {scheme.description}
					</p>
				))}
			</section>
			<section>
				<h2>Problems</h2>
				<p>
					Errors of the JSON API are <code>application/problem+json</code> (RFC 9457). Their <code>type</code>{" "}
					links here; their <code>detail</code> says what happened and what to do.
				</p>
				{(Object.keys(problemKinds) as ProblemName[]).map((kind) => (
					<div id={problemAnchor(kind)}>
						<p>
							<b>
								{problemKinds[kind].status} {problemKinds[kind].title}
							</b>
							<br />
							{problemKinds[kind].meaning}
						</p>
						<pre>{JSON.stringify(exampleProblem(kind), null, 2)}</pre>
					</div>
				))}
			</section>
		</Page>
	);
}
