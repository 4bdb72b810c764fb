/** Where the service worker begins. */
export {};
