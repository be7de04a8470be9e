export declare function charge(id: string, amount: number): Promise<string>;
export declare function ship(id: string): Promise<string>;
export declare function refund(payment: string): Promise<void>;
