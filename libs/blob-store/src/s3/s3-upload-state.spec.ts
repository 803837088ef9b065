import { StoreUnavailable } from '../blob-store.errors.js';
import { decodeState, encodeState, type S3UploadState } from './s3-upload-state.js';

it.each<S3UploadState>([
  { etags: [], tail: 'aa' },
  { uploadId: 'id"', etags: ['x', 'y'] },
  { uploadId: 'id', etags: ['x'], tail: 'aa', formerTail: 'bb', size: 7 },
])('reads back what it wrote: %j', (state) => {
  expect(decodeState({ offset: 1, state: encodeState(state) })).toEqual(state);
});

it('notes nothing where there is nothing to know', () => {
  expect(encodeState({ etags: [] })).toBeUndefined();
  expect(decodeState({ offset: 0 })).toEqual({ etags: [] });
});

it.each(['', 'null', '{}', '{"p":"x"}', '[1', '"text"'])('refuses %j, which no S3 store wrote', (state) => {
  expect(() => decodeState({ offset: 0, state })).toThrow(StoreUnavailable);
});
