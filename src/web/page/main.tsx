/** @jsxImportSource preact */
/** Where the page begins. */
import { render } from "preact";

const place = document.getElementById("app");
if (place) render(<h1>Reveille</h1>, place);
