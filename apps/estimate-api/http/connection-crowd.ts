/** Connections in so many turns one after the other are a crowd: who is in it may have hung up long ago. */
export const CROWD_TURNS = 3;

/** Watches connections come. */
export function createConnectionCrowd() {
  let hasConnected = false;
  let connectedTurns = 0;
  return {
    connected: () => void (hasConnected = true),
    isCrowd: () => connectedTurns >= CROWD_TURNS,
    /** A turn of the event loop, in which one connection at most is accepted, has ended. @returns whether one was */
    endTurn(): boolean {
      const wasConnected = hasConnected;
      hasConnected = false;
      connectedTurns = wasConnected ? connectedTurns + 1 : 0;
      return wasConnected;
    },
  };
}
