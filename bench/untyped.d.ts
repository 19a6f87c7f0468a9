declare module 'javascript-state-machine';
