// A file of its own, so that opening the first drawer fetches the drawer and nothing else of the library.
export { Drawer as default } from '@mantine/core';
