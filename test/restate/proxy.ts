import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way between two processes, which can be cut. */
export class Proxy {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async to(target: string): Promise<Proxy> {
    const { hostname, port } = new URL(target);
    const server = createServer((socket) => {
      if (proxy.#isCut) {
        socket.destroy();
        return;
      }
      const onward = connect(Number(port), hostname);
      for (const each of [socket, onward]) {
        proxy.#sockets.add(each);
        each
          .on('error', () => undefined)
          .on('close', () => {
            proxy.#sockets.delete(each);
            socket.destroy();
            onward.destroy();
          });
      }
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy: Proxy = new Proxy(server);
    return proxy;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
