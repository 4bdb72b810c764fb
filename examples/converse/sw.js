// The service worker that shows a push. It must be a file of this site. Instead of this line it may hold a copy:
// curl -o sw.js https://push.example.net/app/site-sw.js
importScripts("https://push.example.net/app/site-sw.js");
