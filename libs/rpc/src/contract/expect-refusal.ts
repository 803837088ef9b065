import { OciError } from '@lading/oci';

/** Holds a call to fail with this very error: class, message, detail and data, wherever the server is. */
export async function expectRefusal(call: Promise<unknown>, expected: OciError): Promise<void> {
  const thrown = await call.then(
    (answer) => ({ answered: answer }),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(OciError);
  const parts = (error: OciError) => {
    const { kind, message, detail, data, status } = error;
    return { class: error.constructor.name, kind, message, detail, data, status };
  };
  expect(parts(thrown as OciError)).toEqual(parts(expected));
}
