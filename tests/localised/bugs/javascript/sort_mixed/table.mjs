import { sortBy } from './columns.mjs';

const rows = [{ name: 'tea', year: '1999' }, { name: 'pot', year: 2004 }, { name: 'cup', year: null }];
console.log(sortBy(rows, 'year').map((row) => row.name));
