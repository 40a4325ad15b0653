// Search runs in a worker, which browsers do not start for pages that are opened from disk: there a frame takes its place.
if (location.protocol === "file:") {
  window.Worker = window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.body.appendChild(Object.assign(document.createElement("iframe"), { hidden: true }));
      const inside = frame.contentWindow;
      const load = (from) => new Promise((done, failed) => {
        const script = inside.document.createElement("script");
        Object.assign(script, { src: from, onload: done, onerror: failed });
        inside.document.body.appendChild(script);
      });
      inside.importScripts = (...all) => all.reduce((before, one) => before.then(() => load(one)), Promise.resolve());
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      this.send = (data) => inside.dispatchEvent(new MessageEvent("message", { data }));
      this.ready = load(url);
    }
    postMessage(data) {
      this.ready.then(() => this.send(data));
    }
    set onmessage(heard) {
      this.addEventListener("message", heard);
    }
    terminate() {}
  };
}
