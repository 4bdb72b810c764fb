/** @jsxImportSource preact */
/** Reveille's own drawings. */

const BUGLE =
	"M.75 7.5H2.25V9.25H11C15.5 9.25 19 7.3 21 3.5H22.5V17.5H21C20.2 16 19 14.7 17.5 13.7V15A5.5 5.5 0 0 1 12 20.5H9A5.5 5.5 0 0 1 3.5 15V11.75H2.25V13.5H.75ZM6 11.75V15A3 3 0 0 0 9 18H12A3 3 0 0 0 15 15V12.4C13.8 11.95 12.4 11.75 11 11.75Z";

export const Bugle = () => (
	<svg class="bugle" viewBox="0 0 24 24" aria-hidden="true">
		<path fill-rule="evenodd" d={BUGLE} />
	</svg>
);

/** As it is on the home screen and beside a notification. */
export const Icon = () => (
	<svg class="icon" viewBox="0 0 512 512" aria-hidden="true">
		<path class="icon-ground" d="M0 0H512V512H0Z" />
		<path class="icon-bugle" fill-rule="evenodd" transform="translate(99 94) scale(13.5)" d={BUGLE} />
	</svg>
);

/** Five lines of music with a rest: nothing sounds. */
export const Staff = () => (
	<svg class="staff" viewBox="0 0 240 64" aria-hidden="true">
		<path d="M0 12H240M0 22H240M0 32H240M0 42H240M0 52H240" stroke-width="1" />
		<path class="note" stroke="none" d="M108 22h24v7h-24z" />
	</svg>
);
