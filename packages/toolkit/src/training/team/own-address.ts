import { createSocket } from "node:dgram";
import { once } from "node:events";

/**
 * The address by which this machine reaches `host`, and so by which that one reaches it: no packet is sent, the system
 * alone is asked for the way. Where it knows none (a name that cannot be looked up), `host` itself is tried later.
 */
export async function ownAddress(host: string): Promise<string> {
  const isIPv6 = host.includes(":");
  const socket = createSocket(isIPv6 ? "udp6" : "udp4");
  try {
    const connected = once(socket, "connect");
    socket.connect(1, host);
    await connected;
    return socket.address().address;
  } catch {
    return host;
  } finally {
    socket.close();
  }
}
