/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The form API by hand: pages whose forms post to their own address, as programs do. */
import type { PropsWithChildren } from "hono/jsx";

interface FieldProps {
	name: string;
	label: string;
	hint?: string;
	required?: boolean;
	/** Not shown while it is typed. */
	hidden?: boolean;
}

function Field({
	name,
	label,
	hint,
	required = false,
	hidden = false,
	children,
}: PropsWithChildren<FieldProps>) {
	const described = hint ? { "aria-describedby": `${name}-hint` } : {};
	return (
		<p>
			<label for={name}>
				{label}
				{!required && <span class="dim"> (optional)</span>}
			</label>
			{children ? (
				<select id={name} name={name} required={required} {...described}>
					{children}
				</select>
			) : (
				<input
					id={name}
					name={name}
					type={hidden ? "password" : "text"}
					required={required}
					autocomplete="off"
					autocapitalize="none"
					spellcheck={false}
					{...described}
				/>
			)}
			{hint && (
				<span class="dim hint" id={`${name}-hint`}>
					{hint}
				</span>
			)}
		</p>
	);
}

const Type = ({ types }: { types: readonly string[] }) => (
	<Field name="type" label="Type" required>
		{types.map((type) => (
			<option value={type}>{type}</option>
		))}
	</Field>
);

const Submit = ({ children }: PropsWithChildren) => (
	<p>
		<button type="submit">{children}</button>
	</p>
);

/** @param types what clients may send as `type`; @param needsToken whether registering asks for the operator's token */
export function RegisterForm({ types, needsToken }: { types: readonly string[]; needsToken: boolean }) {
	return (
		<form method="post">
			<Type types={types} />
			<Field
				name="node"
				label="Device id"
				hint="The device's own; the answer has the node to publish to."
				required
			/>
			<Field name="token" label="Token" hint="Web Push: the endpoint." required />
			<Field name="p256dh" label="Key (p256dh)" hint="Web Push: without it a push has no content." />
			<Field name="auth" label="Authentication secret (auth)" hint="Web Push: goes with the key." />
			{needsToken && (
				<Field
					name="access_token"
					label="Registration token"
					hint="The setting REGISTRATION_TOKEN, or what the first start or the command reveille token showed; with REGISTRATION=jwt, a JWT."
					required
					hidden
				/>
			)}
			<Submit>Register</Submit>
		</form>
	);
}

export function UnregisterForm({ types }: { types: readonly string[] }) {
	return (
		<form method="post">
			<Type types={types} />
			<Field
				name="node"
				label="Node"
				hint="As registering returned it; with the token, the device id will do."
				required
			/>
			<Field name="secret" label="Secret" hint="Either this, as registering returned it." hidden />
			<Field name="token" label="Token" hint="Or this." />
			<Submit>Unregister</Submit>
		</form>
	);
}

export function PushForm() {
	return (
		<form method="post">
			<Field name="node" label="Node" hint="As registering returned it." required />
			<Field name="secret" label="Secret" hint="As registering returned it." required hidden />
			<Submit>Push</Submit>
		</form>
	);
}
