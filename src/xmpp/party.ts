/** Who counts as one behind a JID, where names cost nothing. */
import { registrableDomain } from "../limits/registrable-domain.ts";
import { domainOf } from "./jid.ts";

/** The party of an owner (`Registration.party`): the registrable domain. @param owner a bare JID, not empty */
export const partyOfOwner = (owner: string): string => registrableDomain(domainOf(owner));
