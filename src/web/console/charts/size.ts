/** A drawing is so large, and is stretched to where it stands. */
export const WIDTH = 600;
export const HEIGHT = 100;
