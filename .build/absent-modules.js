/**
 * Modules that dbus-next names but Muster never reaches: file descriptor passing, X11 and `unixexec:` addresses,
 * and XML introspection (calls are made by name and signature). They are left out of the bundle, vulnerabilities and all.
 */
const absent = {
  usocket: 'throw new Error("usocket is not bundled");',
  x11: 'throw new Error("x11 is not bundled");',
  'event-stream': 'throw new Error("event-stream is not bundled");',
  xml2js: `
    const refuse = () => { throw new Error("D-Bus introspection is not bundled"); };
    exports.Builder = class { buildObject() { refuse(); } };
    exports.Parser = class { parseString() { refuse(); } };
    exports.parseString = refuse;
  `,
};

/** @returns {import('esbuild').Plugin} */
export function absentModules() {
  return {
    name: 'absent-modules',
    setup(build) {
      const names = Object.keys(absent).join('|');
      build.onResolve({ filter: new RegExp(`^(${names})$`) }, ({ path }) => ({ path, namespace: 'absent' }));
      build.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path }) => ({ contents: absent[path], loader: 'js' }));
    },
  };
}
