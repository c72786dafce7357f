/** Databases of the browser: each is opened for one transaction, and closed after it. */

/** A database with two stores, which are made where it is new. */
export interface Database {
  name: string;
  version: number;
  stores: readonly [name: string, options?: IDBObjectStoreParameters][];
}

/** Why the browser stores nothing: Chromium says of a full storage no more than a name. */
function refusal(error: DOMException | null): Error {
  if (error?.name === "QuotaExceededError") return new Error("the browser's storage is full");
  return new Error(error?.message || "the browser refuses to store it");
}

function opened({ name, version, stores }: Database): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => {
      for (const [store, options] of stores) request.result.createObjectStore(store, options);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(refusal(request.error));
  });
}

/** Runs `work` in one transaction over both stores; resolves with what it gave when all is on disk. */
export async function transact<Result>(
  of: Database,
  mode: IDBTransactionMode,
  work: (first: IDBObjectStore, second: IDBObjectStore) => Result,
): Promise<Result> {
  const database = await opened(of);
  try {
    return await new Promise((resolve, reject) => {
      const names = of.stores.map(([name]) => name);
      const transaction = database.transaction(names, mode);
      const [first, second] = names.map((name) => transaction.objectStore(name)) as [IDBObjectStore, IDBObjectStore];
      transaction.onabort = () => reject(refusal(transaction.error));
      const result = work(first, second);
      transaction.oncomplete = () => resolve(result);
    });
  } finally {
    database.close();
  }
}
