// A file of its own, so that opening the first dialog fetches the dialog and nothing else of the library.
export { Modal as default } from '@mantine/core';
