/** REGISTRATION=jwt: what JWTs are checked with, from the settings. */
import type { Settings } from "./settings.ts";

/** The key is text, in any of its forms. */
export interface JwtRegistration {
	mode: "jwt";
	key: { jwksUrl: string } | { text: string };
	issuer?: string;
	audience: string[];
}

const JWT_NAMES = [
	...(["REGISTRATION_JWKS_URL", "REGISTRATION_JWT_KEY"] as const),
	...(["REGISTRATION_JWT_ISSUER", "REGISTRATION_JWT_AUDIENCE"] as const),
] as const;

/**
 * @param isGiven whether a setting was made, be it well or badly
 * @returns undefined: JWTs are not asked for, or something about them is wrong
 */
export function jwtRegistration(
	set: Settings,
	isGiven: (name: keyof Settings) => boolean,
	problems: string[],
): JwtRegistration | undefined {
	const given = JWT_NAMES.filter(isGiven);
	if (set.REGISTRATION !== "jwt") {
		if (given.length > 0 && (set.REGISTRATION !== undefined || !isGiven("REGISTRATION")))
			problems.push(`REGISTRATION=jwt is missing: ${given.join(", ")} would have no effect without it.`);
		return undefined;
	}
	const { REGISTRATION_JWKS_URL: jwksUrl, REGISTRATION_JWT_KEY: text, PUBLIC_URL: publicUrl } = set;
	const issuer = set.REGISTRATION_JWT_ISSUER;
	if (isGiven("REGISTRATION_TOKEN"))
		problems.push("REGISTRATION_TOKEN is not asked for with REGISTRATION=jwt: remove one of them.");
	if (isGiven("REGISTRATION_JWKS_URL") && isGiven("REGISTRATION_JWT_KEY")) {
		problems.push("REGISTRATION_JWT_KEY is not looked at beside REGISTRATION_JWKS_URL: remove one of them.");
	} else if (!isGiven("REGISTRATION_JWKS_URL") && !isGiven("REGISTRATION_JWT_KEY")) {
		problems.push(
			"REGISTRATION_JWKS_URL or REGISTRATION_JWT_KEY is missing: REGISTRATION=jwt checks JWTs with it.",
		);
	}
	// Without one, a JWT that was made for any other service of its issuer would do here.
	const audience = set.REGISTRATION_JWT_AUDIENCE ?? publicUrl;
	if (audience === undefined) {
		if (!isGiven("PUBLIC_URL"))
			problems.push(
				"REGISTRATION_JWT_AUDIENCE is missing: what a JWT's aud must be, where there is no PUBLIC_URL.",
			);
		return undefined;
	}
	const key = jwksUrl !== undefined ? { jwksUrl } : text !== undefined ? { text } : undefined;
	return (
		key && {
			mode: "jwt",
			key,
			audience: withAndWithoutSlash(audience),
			...(issuer !== undefined && { issuer }),
		}
	);
}

/** A URL with no path is the same with and without it. */
function withAndWithoutSlash(audience: string): string[] {
	const parsed = /^https?:/.test(audience) ? URL.parse(audience) : null;
	return parsed?.pathname === "/" && parsed.search === "" && parsed.hash === ""
		? [parsed.origin, `${parsed.origin}/`]
		: [audience];
}
